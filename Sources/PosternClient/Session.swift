internal import Messages
internal import Platform
internal import RPC
internal import TTRPC

/// One connection and the calls on it: what a client is made of.
///
/// Requests queue in the codec's output and leave as far as the kernel takes them; answers come in
/// any order. While requests are still queued it waits for either direction, since a daemon that
/// isn't read from may stop reading too.
struct Session: ~Copyable {
  private let connection: Connection
  private let bearer: Bearer
  private var codec = TTRPCClientCodec()
  private var room = [UInt8](repeating: 0, count: 64 << 10)
  /// Why the connection is of no further use.
  private var ending: String?

  init(socketPath: String, bearer: Bearer) throws(ConnectError) {
    let connection = try Connection(path: socketPath)
    self.connection = connection
    self.bearer = bearer
  }

  /// Sends a request, waits for its answer, and lends it to `read`.
  mutating func call<Result: ~Copyable>(
    _ service: String, _ method: String, _ payload: Span<UInt8>, timeout: Duration?,
    _ read: (borrowing TTRPCResponse) throws(DecodingError) -> Result
  ) throws(ClientError) -> Result {
    let deadline = Session.deadlineNanoseconds(timeout)
    let stream = try send(service, method, payload, timeout: timeout)
    // An answer to an earlier call, one that was given up, is passed over.
    while try nextStream(deadlineNanoseconds: deadline) != stream {}
    do {
      return try current(read)
    } catch {
      if case .connection(let sentence) = error { ending = sentence }
      throw error
    }
  }

  /// Lends the current answer to `read`, unless it is a failure.
  private func current<Result: ~Copyable>(
    _ read: (borrowing TTRPCResponse) throws(DecodingError) -> Result
  ) throws(ClientError) -> Result {
    let response = codec.currentResponse
    guard response.code == .ok else { throw ClientError(response) }
    do {
      return try read(response)
    } catch {
      throw .connection("the daemon's answer can't be read: \(error.problem)")
    }
  }

  /// Queues a request and gives its stream id.
  mutating func send(
    _ service: String, _ method: String, _ payload: Span<UInt8>, timeout: Duration?
  ) throws(ClientError) -> UInt32 {
    if let ending { throw ClientError.connection(ending) }
    let bearer = bearer
    do {
      return try codec.send(
        service: service, method: method, payload: payload, bearer: bearer.bytes,
        timeoutNanoseconds: timeout.map(Session.nanoseconds))
    } catch {
      throw ClientError(error)
    }
  }

  /// Sends what is queued, as far as the kernel takes it now.
  mutating func flush() throws(ClientError) {
    if let ending { throw ClientError.connection(ending) }
    while !codec.output.isEmpty {
      let count: Int
      do {
        count = try connection.sendWithoutWaiting(codec.output.bytes)
      } catch {
        throw end("the connection broke: \(error)")
      }
      if count == 0 { return }
      codec.output.consume(count)
    }
  }

  /// Waits for the next answer to any call, and lends it to `read`.
  mutating func receive<Result: ~Copyable>(
    timeout: Duration?, _ read: (borrowing TTRPCResponse) -> Result
  ) throws(ClientError) -> Result {
    _ = try nextStream(deadlineNanoseconds: Session.deadlineNanoseconds(timeout))
    return read(codec.currentResponse)
  }
}

extension Session {
  /// Sends and receives until the codec has an answer.
  private mutating func nextStream(deadlineNanoseconds: Int64?) throws(ClientError) -> UInt32 {
    if let ending { throw ClientError.connection(ending) }
    while true {
      do {
        if let stream = try codec.nextResponse() { return stream }
      } catch {
        throw end("the daemon broke the protocol: \(error.reason)")
      }
      try flush()
      try readMore(deadlineNanoseconds: deadlineNanoseconds)
    }
  }

  /// Reads what the daemon has sent, or returns when there is room to write what is still queued.
  private mutating func readMore(deadlineNanoseconds: Int64?) throws(ClientError) {
    let isWriting = !codec.output.isEmpty
    let waits = deadlineNanoseconds == nil && !isWriting
    var hasTimedOut = false
    let count: Int?
    do {
      if !waits {
        let ready = try connection.wait(
          writing: isWriting, deadlineNanoseconds: deadlineNanoseconds)
        if ready.writes, !ready.reads { return }
        hasTimedOut = !ready.reads
      }
      count = hasTimedOut ? nil : try connection.read(into: &room, waiting: waits)
    } catch {
      throw end("the connection broke: \(error)")
    }
    if hasTimedOut {
      throw ClientError(Status(.deadlineExceeded, "the daemon did not answer in time"))
    }
    if let count {
      guard count > 0 else { throw end("the daemon ended the connection") }
      let room = room
      codec.receive(room.span.extracting(first: count))
    }
  }

  /// Makes every later call fail as this one does.
  private mutating func end(_ sentence: String) -> ClientError {
    ending = sentence
    return .connection(sentence)
  }

  private static func deadlineNanoseconds(_ timeout: Duration?) -> Int64? {
    guard let timeout else { return nil }
    let (deadline, overflows) = Clock.monotonicNanoseconds().addingReportingOverflow(
      nanoseconds(timeout))
    return overflows ? Int64.max : deadline
  }

  private static func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carries) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflows || carries ? (seconds < 0 ? Int64.min : Int64.max) : sum
  }
}
