/** The version of this build, shown in the settings and sent with exports. */
declare const __APP_VERSION__: string
