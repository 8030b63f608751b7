// What a thread of the worker pool runs.
import { parentPort, workerData } from 'node:worker_threads'
import { runWorker } from './backend/run-worker.ts'

if (parentPort) await runWorker(parentPort, workerData)
