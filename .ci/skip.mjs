// Notes a skipped check from a Makefile or a shell script: node .ci/skip.mjs <what> <why>
import { skip } from './skips.mjs'

const [what, why] = process.argv.slice(2)
skip(what, why)
console.log(`skipped ${what}: ${why}`)
