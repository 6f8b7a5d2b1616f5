/** Hands a photo (JPEG) to the browser's downloads, so that it is in the phone's own files whatever becomes of the form. */
export function keepOnPhone(bytes: ArrayBuffer, n: number): void {
  const address = URL.createObjectURL(new Blob([bytes], { type: 'image/jpeg' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `zoufang-${new Date().toISOString().slice(0, 10)}-${n}.jpg`
  link.click()
  // The download has begun by then; the address would hold the bytes in memory.
  setTimeout(() => { URL.revokeObjectURL(address) }, 60_000)
}
