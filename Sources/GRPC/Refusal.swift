internal import RPC

/// The answer to a request that is well-formed HTTP and not a call.
enum Refusal {
  case httpStatus(Int)
  case status(Status)
}

/// The statuses of requests that don't get as far as the router.
enum Refusals {
  static let path = Status(.unimplemented, "the path is not `/service/Method`")
  static let timeout = Status(.invalidArgument, "`grpc-timeout` is not 1 to 8 digits and a unit")
  static let encoding = Status(.unimplemented, "the `grpc-encoding` is not supported")
  static let compressedWithoutEncoding = Status(
    .internalError, "the message is compressed and `grpc-encoding` does not say how")
  static let unknownFlag = Status(.internalError, "the flag before the message is neither 0 nor 1")
  static let tooManyUnfinished = Status(
    .resourceExhausted, "the connection holds too many bytes of unfinished requests")
  static let unread = Status(
    .resourceExhausted, "the connection holds too many bytes of unread responses")
  static let noMessage = Status(.unimplemented, "a unary call has one message, and none came")
  static let secondMessage = Status(.unimplemented, "a unary call has one message, and more came")
  static let truncated = Status(.internalError, "the request ended within its message")
}
