import { noteTo } from './note.js'

export const shareContext = () => noteTo('context')
