import { noteTo } from '../note.js'

export const separateQueues = () => noteTo('queues')
