/** The version of this build, shown in the settings and sent with exports. */
declare const __APP_VERSION__: string

// For tools that read TypeScript but not Vue files (the linter); vue-tsc uses the files themselves.
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}
