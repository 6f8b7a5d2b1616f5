export const common = {
  'common.app': '走访',
}
