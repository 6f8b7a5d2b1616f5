/** Where a record is on its way. `photos` counts those the server has confirmed, of all. */
export type RecordState =
  | { readonly at: 'draft' }
  | { readonly at: 'local' }
  | { readonly at: 'sending' }
  | { readonly at: 'text'; readonly done: number; readonly photos: number }
  | { readonly at: 'confirmed' }
  | { readonly at: 'attention' }
