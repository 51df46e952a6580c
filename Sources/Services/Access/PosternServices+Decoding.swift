internal import Messages
internal import RPC

extension PosternServices {
  /// Decodes a request into the call's arena.
  @_lifetime(borrow arena)
  func decode<Request: MessageView & ~Escapable>(
    _ payload: Span<UInt8>, _ arena: borrowing Arena
  ) throws(Status) -> Request {
    do {
      return try Request(decoding: payload, in: arena)
    } catch {
      let metadata = error.field.map { [(key: "field", value: $0)] } ?? []
      throw Status(
        .invalidArgument, error.problem, reason: "MALFORMED_REQUEST", metadata: metadata)
    }
  }
}
