import 'fake-indexeddb/auto'
import { loadWords } from '@/i18n/i18n'

await loadWords()
