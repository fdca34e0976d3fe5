/** Why a job failed, for a stage that can go on without it. @module */

/** Thrown by `StageContext.job` when the job's module threw. */
export class JobFailure extends Error {
  override name = "JobFailure";
  /** @param kind `name` of the error that the module threw, such as `RangeError`. */
  constructor(message: string, readonly kind: string) {
    super(message);
  }
}
