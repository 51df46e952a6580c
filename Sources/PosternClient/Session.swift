public import Messages
internal import Platform
internal import RPC
internal import TTRPC

/// One connection and the calls on it; a client uses it.
///
/// Requests queue in the codec's output and are sent as far as the kernel takes them; answers come
/// in any order. While requests are queued, it waits for reading and writing at once, since a
/// daemon whose answers are not read may stop reading.
struct Session: ~Copyable {
  private let socketPath: String
  private let bearer: Bearer
  /// Nil after a stream was given up, until the next call.
  private var connection: Connection?
  var codec = TTRPCClientCodec()
  private var room = [UInt8](repeating: 0, count: 64 << 10)
  /// The present call with a stream, until it ends; zero for none.
  var openStream: UInt32 = 0
  /// Why the connection can't be used any more.
  private var ending: String?
  /// Whether the reason is that the daemon accepts no more bytes.
  private var isRefusing = false
  /// Whether the connection has brought an answer. One that never did may have been refused.
  private var hasServed = false

  init(socketPath: String, bearer: Bearer) throws(ConnectError) {
    let connection = try Connection(path: socketPath)
    self.socketPath = socketPath
    self.connection = consume connection
    self.bearer = bearer
  }

  /// Sends a request, waits for its answer, and lends it to `read`.
  mutating func call<Result: ~Copyable>(
    service: String, method: String, payload: Span<UInt8>, timeout: Duration?,
    _ read: (borrowing TTRPCResponse) throws(DecodingError) -> Result
  ) throws(ClientError) -> Result {
    let deadline = Session.deadlineNanoseconds(timeout)
    let stream = try begin(service: service, method: method, payload: payload, timeout: timeout)
    while true {
      switch try nextEvent(deadlineNanoseconds: deadline) {
      case .response(stream): return try answer(read)
      case .data(stream), .end(stream): throw end("the daemon answered a call with a stream")
      // Answers to earlier calls that were given up are skipped.
      case .response, .data, .end: continue
      }
    }
  }

  /// Sends a request, on a new connection if the present one accepts none any more. That is safe
  /// for any call, because a daemon never sees a request that was not sent completely.
  private mutating func begin(
    service: String, method: String, payload: Span<UInt8>, timeout: Duration?
  ) throws(ClientError) -> UInt32 {
    let isAlone = codec.output.isEmpty && openStream == 0
    let stream = try send(service: service, method: method, payload: payload, timeout: timeout)
    do throws(ClientError) {
      try flush()
      return stream
    } catch {
      guard isAlone, isRefusing, hasServed else { throw error }
      isRefusing = false
      hasServed = false
      ending = nil
      connection = nil
      codec = TTRPCClientCodec()
      return try send(service: service, method: method, payload: payload, timeout: timeout)
    }
  }

  /// Lends the current answer to `read`, unless it is a failure.
  func current<Result: ~Copyable>(
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

  /// Like `current`, but ends the connection if the answer can't be read.
  mutating func answer<Result: ~Copyable>(
    _ read: (borrowing TTRPCResponse) throws(DecodingError) -> Result
  ) throws(ClientError) -> Result {
    do {
      return try current(read)
    } catch {
      if case .connection(let sentence) = error { ending = sentence }
      throw error
    }
  }

  /// Queues a request and returns its stream id.
  mutating func send(
    service: String, method: String, payload: Span<UInt8>, timeout: Duration?,
    streaming: MethodDescriptor.Streaming? = nil
  ) throws(ClientError) -> UInt32 {
    if let ending { throw ClientError.connection(ending) }
    try connectAnew()
    let bearer = bearer
    do {
      let stream = try codec.send(
        service: service, method: method, payload: payload, bearer: bearer.bytes,
        timeoutNanoseconds: timeout.map(Session.nanoseconds), streaming: streaming)
      if streaming != nil { openStream = stream }
      return stream
    } catch {
      throw ClientError(error)
    }
  }

  /// Sends what is queued, as far as the kernel takes it at once.
  mutating func flush() throws(ClientError) {
    if let ending { throw ClientError.connection(ending) }
    while !codec.output.isEmpty {
      let count: Int
      do {
        count = try connection?.sendWithoutWaiting(codec.output.bytes) ?? 0
      } catch {
        isRefusing = error == .brokenPipe
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
    let deadline = Session.deadlineNanoseconds(timeout)
    while true {
      if case .response = try nextEvent(deadlineNanoseconds: deadline) {
        return read(codec.currentResponse)
      }
    }
  }

  /// Whether a request can be sent without waiting: there is a connection, and the kernel has taken
  /// all requests before.
  var mayPost: Bool {
    mutating get {
      guard ending == nil, connection != nil, openStream == 0 else { return false }
      passOver()
      return connection != nil && codec.output.isEmpty
    }
  }

  /// Sends a request without waiting for its answer, which is skipped when it comes.
  mutating func post(
    service: String, method: String, payload: Span<UInt8>, timeout: Duration?
  ) {
    do throws(ClientError) {
      _ = try send(service: service, method: method, payload: payload, timeout: timeout)
      try flush()
    } catch { connectLater() }
  }

  /// Skips the answers that have arrived to posted requests.
  private mutating func passOver() {
    do throws(ClientError) {
      repeat {
        while try eventFound() != nil {}
        try flush()
      } while try read(waiting: false)
    } catch { connectLater() }
  }

  /// Leaves a connection that broke while no call was under way to the next call, which makes
  /// another, as it does for one that was refused.
  private mutating func connectLater() {
    (ending, isRefusing, hasServed) = (nil, false, false)
    connection = nil
    codec = TTRPCClientCodec()
  }

  /// Gives up the open stream, if any, by closing the connection: there is no other way. The next
  /// call makes another connection.
  mutating func giveUpStream() {
    guard openStream != 0 else { return }
    openStream = 0
    connection = nil
    codec = TTRPCClientCodec()
  }

  private mutating func connectAnew() throws(ClientError) {
    guard connection == nil else { return }
    do {
      connection = try Connection(path: socketPath)
    } catch {
      throw ClientError.connection(error.description)
    }
  }
}

extension Session {
  /// Sends and receives until the codec has found something.
  mutating func nextEvent(deadlineNanoseconds: Int64?) throws(ClientError) -> TTRPCClientEvent {
    while true {
      if let event = try eventFound() { return event }
      try flush()
      try readMore(deadlineNanoseconds: deadlineNanoseconds)
    }
  }

  /// The next event in the bytes that have already arrived.
  mutating func eventFound() throws(ClientError) -> TTRPCClientEvent? {
    if let ending { throw ClientError.connection(ending) }
    do {
      let event = try codec.nextEvent()
      if event != nil { hasServed = true }
      return event
    } catch {
      throw end("the daemon broke the protocol: \(error.reason)")
    }
  }

  /// Reads what the daemon has sent, or returns when there is room to write queued bytes.
  mutating func readMore(deadlineNanoseconds: Int64?) throws(ClientError) {
    let isWriting = !codec.output.isEmpty
    let waits = deadlineNanoseconds == nil && !isWriting
    var hasTimedOut = false
    do {
      if !waits,
        let ready = try connection?.wait(
          writing: isWriting, deadlineNanoseconds: deadlineNanoseconds)
      {
        if ready.writes, !ready.reads { return }
        hasTimedOut = !ready.reads
      }
    } catch {
      throw end("the connection broke: \(error)")
    }
    if hasTimedOut {
      throw ClientError(Status(.deadlineExceeded, "the daemon did not answer in time"))
    }
    try read(waiting: waits)
  }

  /// Reads once; without waiting there may be nothing to read, which the result says.
  @discardableResult
  mutating func read(waiting: Bool) throws(ClientError) -> Bool {
    let count: Int?
    do {
      count = try connection?.read(into: &room, waiting: waiting)
    } catch {
      throw end("the connection broke: \(error)")
    }
    if let count {
      guard count > 0 else { throw end("the daemon ended the connection") }
      let room = room
      codec.receive(room.span.extracting(first: count))
    }
    return count != nil
  }

  /// Makes every later call fail with the same sentence.
  mutating func end(_ sentence: String) -> ClientError {
    ending = sentence
    return .connection(sentence)
  }

  static func deadlineNanoseconds(_ timeout: Duration?) -> Int64? {
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

/// The text of a token, kept out of everything that is printed.
struct Bearer: CustomStringConvertible, CustomReflectable {
  private let text: [UInt8]?

  init(_ text: String?) { self.text = text.map { Array($0.utf8) } }

  /// The text for the wire; nil for none. An empty text is sent, too, and the daemon refuses it.
  var bytes: Span<UInt8>? {
    @_lifetime(borrow self)
    borrowing get { text?.span }
  }

  var description: String { text == nil ? "no bearer token" : "a bearer token" }
  var customMirror: Mirror { Mirror(self, children: []) }
}

/// An answer and the memory that holds it: `message` borrows from the reply.
@safe
public struct Reply<Message: MessageView & ~Escapable>: ~Copyable {
  // SAFETY: the address is of a struct in the arena, which this value owns and never resets.
  private let arena: Arena
  private let address: UnsafeRawPointer

  init(decoding payload: Span<UInt8>) throws(DecodingError) {
    let arena = Arena(initialBytes: 4 << 10, limits: DecodeLimits(bytes: 256 << 20))
    unsafe address = unsafe try Reply.decode(payload, into: arena)
    self.arena = arena
  }

  @unsafe
  private static func decode(
    _ payload: Span<UInt8>, into arena: borrowing Arena
  ) throws(DecodingError) -> UnsafeRawPointer {
    unsafe try Message(decoding: payload, in: arena).unsafeMessage
  }

  /// Where the message is, for as long as this reply lives.
  @unsafe var unsafeMessage: UnsafeRawPointer { unsafe address }

  /// Lends the answer to `body`.
  public func read<Result>(_ body: (Message) -> Result) -> Result { body(message) }

  /// The answer.
  public var message: Message {
    @_lifetime(borrow self)
    borrowing get {
      let message = unsafe Message(unsafeMessage: address)
      return unsafe _overrideLifetime(message, borrowing: self)
    }
  }
}

extension String {
  /// A copy of text as it came off the wire; empty if the bytes are no UTF-8.
  init(copying bytes: Span<UInt8>) {
    guard let text = try? UTF8Span(validating: bytes) else {
      self = ""
      return
    }
    self = String(copying: text)
  }
}
