internal import Messages
internal import RPC

extension PosternServices {
  /// Decodes a request into the call's arena.
  @_lifetime(borrow arena)
  func decode<Request: MessageView & ~Escapable>(
    _ payload: Span<UInt8>, _ arena: borrowing Arena
  ) throws(Status) -> Request {
    do { return try Request(decoding: payload, in: arena) } catch { throw malformed(error) }
  }

  /// Unpacks a request, which has been checked, into the call's arena.
  @_lifetime(borrow arena)
  func unpack<Request: MessageView & ~Escapable>(
    _ payload: CheckedMessage, _ arena: borrowing Arena
  ) throws(Status) -> Request {
    do { return try Request(unpacking: payload, in: arena) } catch { throw malformed(error) }
  }

  /// Checks an encoded request for another thread, which then unpacks it.
  static func check<Request: MessageView & ~Escapable>(
    _ payload: Span<UInt8>, as type: Request.Type, limits: DecodeLimits
  ) throws(Status) -> CheckedMessage {
    do {
      return try CheckedMessage(checking: payload, as: type, limits)
    } catch {
      throw malformed(error)
    }
  }
}

private func malformed(_ error: DecodingError) -> Status {
  let metadata = error.field.map { [(key: "field", value: $0)] } ?? []
  return Status(.invalidArgument, error.problem, reason: "MALFORMED_REQUEST", metadata: metadata)
}
