internal import Messages
internal import Platform
package import RPC
package import TTRPC

/// A connection to Postern: one call at a time, over ttrpc, blocking.
///
/// Every method of the services is a method here. It takes a closure that fills in the request, and
/// gives the answer or throws a `ClientError`:
///
///     let client = try PosternClient(socketPath: "/run/postern/postern.sock")
///     let reply = try client.validateToken { $0.setSecret(secret) }
///     if reply.message.active { ... }
///
/// A method that streams its answer takes a second closure for each message. A method that streams
/// its request takes a closure that fills in the next message, until it returns false:
///
///     try client.listEvents { $0.setOrganizationID("acme") } each: { events in
///       print(events.eventsCount)
///       return true
///     }
///
/// A client belongs to one thread, and a closure may not use the client that calls it. After a
/// connection error it can't be used again: make another. It never retries a failed call by itself.
///
/// ttrpc has no way to cancel a stream. If a closure leaves a stream before its end, or its time
/// runs out, the client closes the connection, and the next call makes another.
public final class PosternClient {
  /// How long a call may take, from the moment it is made; nil means without limit. The daemon is
  /// told, and gives up at the same time. With zero or less every call fails.
  public var timeout: Duration?

  /// How long a whole stream may take; nil, the default, means without limit. `timeout` applies to
  /// the calls without a stream.
  public var streamTimeout: Duration?

  private var session: Session
  /// Whether a stream's closure runs, which may not use the client.
  private var isStreaming = false

  /// Connects to the daemon.
  ///
  /// - Parameters:
  ///   - socketPath: The path of the daemon's socket.
  ///   - bearerToken: The text of a token whose user's rights the calls have; nil for those of the
  ///     process alone. It isn't checked here: calls fail with `UNAUTHENTICATED` if it isn't good.
  /// - Throws: `ClientError.connection`, which names the path.
  public init(socketPath: String, bearerToken: String? = nil) throws(ClientError) {
    do {
      session = try Session(socketPath: socketPath, bearer: Bearer(bearerToken))
    } catch {
      throw ClientError.connection(error.description)
    }
  }

  /// Makes one call; the generated methods use it.
  func call<Request: MessageBuilder & ~Escapable, Response: MessageView & ~Escapable>(
    _ service: String, _ method: String, fill: (Request) -> Void
  ) throws(ClientError) -> Reply<Response> {
    precondition(!isStreaming, "a stream's closure used the client that called it")
    var payload = ByteBuffer()
    PosternClient.encode(fill, into: &payload)
    return try session.call(
      service: service, method: method, payload: payload.bytes, timeout: timeout
    ) {
      (response) throws(DecodingError) in try Reply(decoding: response.payload)
    }
  }

  /// Whether no stream's closure runs.
  var mayCall: Bool { !isStreaming }

  /// Whether a request can be sent now without waiting.
  var mayPost: Bool { !isStreaming && session.mayPost }

  /// Sends a request without waiting for its answer, while `mayPost` says so. If the connection is
  /// broken, the next call finds that out as it would have without this.
  func post<Request: MessageBuilder & ~Escapable>(
    _ service: String, _ method: String, fill: (Request) -> Void
  ) {
    var payload = ByteBuffer()
    PosternClient.encode(fill, into: &payload)
    session.post(service: service, method: method, payload: payload.bytes, timeout: timeout)
  }

  /// Makes one call that is answered with a stream, and lends each message to `each`.
  ///
  /// Only the kernel's buffers are ahead of `each`, so a slow closure slows the daemon.
  func call<Request: MessageBuilder & ~Escapable, Response: MessageView & ~Escapable>(
    _ service: String, _ method: String, fill: (Request) -> Void,
    each: (Response) throws(ClientError) -> Bool
  ) throws(ClientError) {
    try streaming { () throws(ClientError) in
      let deadline = Session.deadlineNanoseconds(streamTimeout)
      var payload = ByteBuffer()
      PosternClient.encode(fill, into: &payload)
      let stream = try session.send(
        service: service, method: method, payload: payload.bytes, timeout: streamTimeout,
        streaming: .responses)
      while try session.nextMessage(of: stream, deadlineNanoseconds: deadline) {
        let reply = try session.message { (bytes) throws(DecodingError) in
          try Reply<Response>(decoding: bytes)
        }
        guard try each(reply.message) else { return }
      }
    }
  }

  /// Makes one call whose requests are a stream. `next` fills in each message.
  func call<Request: MessageBuilder & ~Escapable, Response: MessageView & ~Escapable>(
    _ service: String, _ method: String, next: (Request) throws(ClientError) -> Bool
  ) throws(ClientError) -> Reply<Response> {
    try streaming { () throws(ClientError) -> Reply<Response> in
      let deadline = Session.deadlineNanoseconds(streamTimeout)
      let stream = try session.send(
        service: service, method: method, payload: Span(), timeout: streamTimeout,
        streaming: .requests)
      var arena = Arena(initialBytes: 4 << 10)
      var payload = ByteBuffer()
      while try session.makeRoom(on: stream, deadlineNanoseconds: deadline) {
        payload.removeAll()
        guard try PosternClient.encode(next, in: arena, into: &payload) else {
          try session.finish(stream, deadlineNanoseconds: deadline)
          break
        }
        try session.send(on: stream, payload.bytes)
        arena.reset()
      }
      return try session.answer { (response) throws(DecodingError) in
        try Reply(decoding: response.payload)
      }
    }
  }

  /// Runs a stream, and gives it up if the closure left it early, so that the daemon does not
  /// continue.
  private func streaming<Result: ~Copyable>(
    _ run: () throws(ClientError) -> Result
  ) throws(ClientError) -> Result {
    precondition(!isStreaming, "a stream's closure used the client that called it")
    isStreaming = true
    defer {
      isStreaming = false
      session.giveUpStream()
    }
    return try run()
  }

  private static func encode<Request: MessageBuilder & ~Escapable>(
    _ fill: (Request) -> Void, into buffer: inout ByteBuffer
  ) {
    let arena = Arena(initialBytes: 4 << 10)
    let request = Request(in: arena)
    fill(request)
    request.encode(into: &buffer)
  }

  /// As above, unless `fill` says that there is no message.
  private static func encode<Request: MessageBuilder & ~Escapable>(
    _ fill: (Request) throws(ClientError) -> Bool, in arena: borrowing Arena,
    into buffer: inout ByteBuffer
  ) throws(ClientError) -> Bool {
    let request = Request(in: arena)
    guard try fill(request) else { return false }
    request.encode(into: &buffer)
    return true
  }
}

/// Calls with encoded messages, also several at once: for load generators and tests.
extension PosternClient {
  /// Makes one call of any method with an encoded request, and returns the encoded response.
  package func call(
    service: String, method: String, payload: Span<UInt8>
  ) throws(ClientError) -> [UInt8] {
    try session.call(
      service: service, method: method, payload: payload, timeout: timeout
    ) { [UInt8](copying: $0.payload) }
  }

  /// Makes one call of a method whose requests are a stream, with one encoded message, and returns
  /// the encoded response.
  package func call(
    service: String, method: String, streaming message: Span<UInt8>
  ) throws(ClientError) -> [UInt8] {
    try streaming { () throws(ClientError) -> [UInt8] in
      let deadline = Session.deadlineNanoseconds(streamTimeout)
      let stream = try session.send(
        service: service, method: method, payload: Span(), timeout: streamTimeout,
        streaming: .requests)
      if try session.makeRoom(on: stream, deadlineNanoseconds: deadline) {
        try session.send(on: stream, message)
        try session.finish(stream, deadlineNanoseconds: deadline)
      }
      return try session.answer { [UInt8](copying: $0.payload) }
    }
  }

  /// Queues a request, which the next `flush` or `receive` sends, and returns the stream id that
  /// identifies its answer.
  package func send(
    service: String, method: String, payload: Span<UInt8>
  ) throws(ClientError) -> UInt32 {
    try session.send(service: service, method: method, payload: payload, timeout: timeout)
  }

  /// Sends what is queued, as far as the kernel takes it at once.
  package func flush() throws(ClientError) { try session.flush() }

  /// Sends what is queued, waits for the next answer to any call, and lends it to `read`, which may
  /// not use the client. The client's timeout counts from now.
  package func receive<Result: ~Copyable>(
    _ read: (borrowing TTRPCResponse) -> Result
  ) throws(ClientError) -> Result {
    try session.receive(timeout: timeout, read)
  }

  /// As above, with the payload copied.
  package func receive() throws(ClientError) -> (
    stream: UInt32, code: StatusCode, payload: [UInt8]
  ) {
    try receive { ($0.stream, $0.code, [UInt8](copying: $0.payload)) }
  }
}
