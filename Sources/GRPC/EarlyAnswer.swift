internal import RPC

/// The answer to a request that is well-formed HTTP and is not, or not yet, a call that is taken.
enum EarlyAnswer {
  case httpStatus(Int)
  case status(Status)
  case success
}
