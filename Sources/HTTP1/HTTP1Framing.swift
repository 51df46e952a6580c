package import Messages
package import RPC

/// The server's side of one connection that speaks HTTP/1.1, without I/O, for what can't speak
/// gRPC: curl, a proxy, Prometheus, a browser, a shell script.
///
/// A request becomes a call of the contract (`Route`), and the answer is written in the form that
/// the route has. One request is served at a time: those that a peer sends ahead of an answer
/// (pipelining) wait in the socket, beside one read's worth of them here.
///
/// A peer's mistakes have three grades. A sound request that nothing answers gets 404, 405 or 415,
/// and the connection goes on. A call that fails gets its status in the form of its route. Bytes
/// that two servers could read as different requests get 400 and the end of the connection
/// (`HTTPFault`); so do requests past a limit.
///
/// No parser of Debian would do: http-parser 2.9.4, which is built without its strict mode, accepts
/// obs-fold, a bare LF, two hosts and absolute-form, and llhttp is there for Node.js only.
package struct HTTP1Framing: ~Copyable, Framing {
  package static let wire = WireProtocol.http1
  package static let announcesEnd = false

  /// Where the connection is in its present request.
  enum Phase: Equatable {
    /// The head arrives.
    case head
    /// The body arrives.
    case body
    /// The request is whole.
    case whole
    /// Its call was taken and is not answered yet.
    case taken
    /// The answer has been given, and this many bytes of the request are still dropped.
    case discarding(Int)
    case ended
  }

  /// What is known of the present request once its bytes are gone.
  struct Exchange {
    var route: Route?
    /// Why it is no call.
    var fault: HTTPFault?
    var format = Format.binary
    var isHead = false
    var isOptions = false
    var endsConnection = false
    var timeoutNanoseconds: Int64?
  }

  /// How a message is encoded.
  enum Format {
    case binary, json
  }

  package var output = ByteBuffer()
  let limits: FramingLimits
  let catalog: MethodCatalog
  /// Whether the peer may ask about the requests that it proxies.
  let isProxy: Bool
  var phase = Phase.head
  var exchange = Exchange()
  /// What has arrived and was not looked at, from the first byte of a request's head, or its body.
  var input = ByteBuffer()
  var scanner = HeadScanner()
  /// The bytes of the present head. May hold a secret.
  var headBytes = ByteBuffer()
  var head = RequestHead()
  var body = RequestBody()
  /// The encoded request message, if it is not the body itself.
  var payload = ByteBuffer()
  var isPayloadBody = false
  /// `service/method` of the present call, and where the slash is.
  var path = ByteBuffer()
  var pathSlash = 0
  var scratch = ByteBuffer()
  /// The number of calls so far, which is the id of the present one.
  var lastCall: UInt32 = 0
  var isDraining = false
  package var violation: ProtocolViolation?

  /// The most bytes of storage that an empty buffer keeps.
  static let keptByteCount = 16 << 10

  /// Starts at the first byte of a connection.
  package init(limits: FramingLimits, catalog: MethodCatalog, isProxy: Bool = false) {
    self.limits = limits
    self.catalog = catalog
    self.isProxy = isProxy
  }

  package mutating func receive(_ bytes: Span<UInt8>) {
    if phase != .ended { input.append(bytes) }
  }

  package mutating func nextEvent() -> FramingEvent? {
    while true {
      switch phase {
      case .head: guard readHead() else { return nil }
      case .body: guard readBody() else { return nil }
      case .whole: return begin() ? .call(lastCall) : .answered
      case .discarding(let count):
        let dropped = min(count, input.count)
        input.consume(dropped)
        guard dropped == count else {
          phase = .discarding(count - dropped)
          return nil
        }
        end()
      case .taken, .ended: return nil
      }
    }
  }

  package mutating func release() {
    headBytes.removeAll()
    body.reset()
    payload.removeAll()
    payload.shrink(to: Self.keptByteCount)
    isPayloadBody = false
    path.removeAll()
  }

  package var currentCall: IncomingCall {
    @_lifetime(borrow self)
    borrowing get {
      precondition(phase == .taken && !path.isEmpty, "there is no current call")
      return IncomingCall(
        service: path.bytes.extracting(first: pathSlash),
        method: path.bytes.extracting((pathSlash + 1)...),
        payload: isPayloadBody ? body.content.bytes : payload.bytes,
        // A proxied request's credential is what the call asks about, and not the proxy's own.
        authorization: exchange.route == .forwardAuth
          ? .absent : head.credential.read(from: headBytes.bytes),
        timeoutNanoseconds: exchange.timeoutNanoseconds, streamsRequests: false,
        acceptsStream: false)
    }
  }

  /// None: a request waits until the one before it is answered.
  package func forEachWaitingPayload(limit: Int, _ body: (Span<UInt8>) -> Void) {}

  package mutating func respond(to stream: UInt32, payload: Span<UInt8>) {
    guard settles(stream) else { return }
    writeAnswer(payload)
    finishExchange()
  }

  package mutating func fail(_ stream: UInt32, _ status: Status) {
    guard settles(stream) else { return }
    writeFailure(status)
    finishExchange()
  }

  /// Whether the answer is that of the present call; a call is answered once.
  private func settles(_ stream: UInt32) -> Bool {
    precondition(stream != 0 && stream <= lastCall, "answered a call that was never taken")
    return phase == .taken && stream == lastCall
  }

  /// Always true: a peer cancels a call by ending the connection.
  package func awaitsAnswer(_ stream: UInt32) -> Bool { true }

  package mutating func open(_ stream: UInt32) {
    preconditionFailure("no call takes or gives a stream")
  }

  package mutating func takeMessage(from stream: UInt32) -> StreamInput { .ended }

  package var currentMessage: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { preconditionFailure("no call takes a stream") }
  }

  package mutating func hasRoom(on stream: UInt32) -> Bool { false }

  package mutating func send(on stream: UInt32, payload: Span<UInt8>) {
    preconditionFailure("no call gives a stream")
  }

  package mutating func finish(_ stream: UInt32) {
    preconditionFailure("no call gives a stream")
  }

  package var holdsAnswers: Bool { false }

  package mutating func giveHeldAnswers() {}

  package mutating func flush(limit: Int) {}

  /// From now on answers say that the connection ends.
  package mutating func beginDrain() { isDraining = true }

  package var isFinished: Bool { phase == .ended }

  package var openCalls: Int { phase == .taken ? 1 : 0 }

  /// Not while requests wait behind the present one.
  package var takesBytes: Bool { phase != .taken || input.isEmpty }

  package var unsentBytes: Int { output.count }

  package var heldBytes: Int {
    input.capacity + output.capacity + headBytes.capacity + body.capacity + payload.capacity
      + path.capacity + scratch.capacity
  }
}
