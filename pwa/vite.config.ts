import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import packageJson from './package.json' with { type: 'json' }

/** Removes Vant's icon font: 26 KB of base64 with a fallback on a foreign host. Our icons are SVG (`ui/icons.ts`). */
function withoutVantFont(): Plugin {
  return {
    name: 'zoufang:without-vant-font',
    enforce: 'pre',
    transform(code, id) {
      if (!/vant[\\/].*\.css/.test(id)) return null
      return { code: code.replace(/@font-face\s*\{[^}]*\}/g, ''), map: null }
    },
  }
}

/** The server that `npm run dev` talks to; `make dev` starts it. */
const server = process.env.ZOUFANG_DEV_SERVER ?? 'http://localhost:8080'

export default defineConfig({
  plugins: [
    withoutVantFont(),
    // Neither we nor Vant's parts use the Options API.
    vue({ features: { optionsAPI: false } }),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/sw',
      filename: 'sw.ts',
      registerType: 'prompt',
      injectRegister: false,
      manifest: {
        id: '/',
        name: '走访',
        short_name: '走访',
        description: '记一次走访,没有网络也行。',
        lang: 'zh-CN',
        dir: 'ltr',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        orientation: 'portrait',
        background_color: '#F7F5F1',
        theme_color: '#F7F5F1',
        icons: [
          { src: '/icons/192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icons/512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icons/maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      includeManifestIcons: false,
      injectManifest: {
        globPatterns: ['index.html', 'assets/*.{js,css}', 'favicon.svg'],
        target: 'chrome99',
      },
      devOptions: { enabled: false },
    }),
  ],
  define: {
    __APP_VERSION__: JSON.stringify(process.env.ZOUFANG_VERSION ?? packageJson.version),
  },
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('./src', import.meta.url)),
      // Dexie's entry is ES5 in a UMD wrapper; its modern build is the same code, smaller.
      dexie: fileURLToPath(new URL('./node_modules/dexie/dist/modern/dexie.mjs', import.meta.url)),
    },
  },
  build: {
    target: ['chrome99', 'safari15.4'],
    // Inlined fonts and pictures would sit in every precache entry that uses them.
    assetsInlineLimit: 0,
    // scripts/size.mjs reads it to find the chunks of the first route.
    manifest: true,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': server, '/.well-known': server } },
})
