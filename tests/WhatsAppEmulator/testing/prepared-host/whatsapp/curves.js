import { noteTo } from '../note.js'

export const useFastCurves = () => noteTo('curves')
