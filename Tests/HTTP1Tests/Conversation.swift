internal import HTTP1
internal import Messages
internal import RPC
internal import Server
internal import TestSupport

/// A peer that speaks HTTP/1.1 with a framing, whose calls are answered as a test says.
final class Conversation {
  /// A call as the framing gave it.
  struct TakenCall: Equatable {
    var name: String
    var payload: [UInt8] = []
    var bearer: String?
    var isRefused = false
    var timeoutNanoseconds: Int64?
  }

  enum Policy {
    /// Answers every call with this message at once.
    case respond([UInt8])
    case fail(Status)
    /// Answers none.
    case hold
  }

  var framing: HTTP1Framing
  private let policy: Policy
  private(set) var calls: [TakenCall] = []
  private var written: [UInt8] = []

  init(
    _ policy: Policy = .respond([]), limits: FramingLimits = FramingLimits(),
    isProxy: Bool = false
  ) {
    framing = HTTP1Framing(limits: limits, catalog: .contract, isProxy: isProxy)
    self.policy = policy
  }

  /// Everything that the peer has got.
  var output: String { String(decoding: written, as: UTF8.self) }

  /// The statuses of the answers.
  var statuses: [Int] {
    output.split(separator: "HTTP/1.1 ", omittingEmptySubsequences: false).dropFirst()
      .compactMap { Int($0.prefix(3)) }
  }

  /// What stands behind the head of the last answer.
  var lastBody: String {
    let separator = Array("\r\n\r\n".utf8)
    guard written.count >= 4 else { return "" }
    for start in stride(from: written.count - 4, through: 0, by: -1)
    where Array(written[start..<start + 4]) == separator {
      return String(decoding: written[(start + 4)...], as: UTF8.self)
    }
    return ""
  }

  var isFinished: Bool { framing.isFinished }
  var takesBytes: Bool { framing.takesBytes }
  var violation: ProtocolViolation? { framing.violation }

  func feed(_ text: String, piece: Int = .max) { feed(Array(text.utf8), piece: piece) }

  /// Feeds bytes in pieces of at most `piece`.
  func feed(_ bytes: [UInt8], piece: Int = .max) {
    var start = 0
    while start < bytes.count {
      let end = start + min(piece, bytes.count - start)
      framing.receive(bytes.span.extracting(start..<end))
      start = end
      settle()
    }
  }

  /// Takes the calls that are there.
  func settle() {
    calls += Self.take(from: &framing, policy)
    written += Self.takeOutput(of: &framing)
  }

  private static func takeOutput(of framing: inout HTTP1Framing) -> [UInt8] {
    let bytes = [UInt8](framing.output.bytes)
    framing.output.removeAll()
    return bytes
  }

  private static func take(from framing: inout HTTP1Framing, _ policy: Policy) -> [TakenCall] {
    var calls: [TakenCall] = []
    while let event = framing.nextEvent() {
      guard case .call(let id) = event else { continue }
      calls.append(copy(framing.currentCall))
      switch policy {
      case .respond(let message): framing.respond(to: id, payload: message.span)
      case .fail(let status): framing.fail(id, status)
      case .hold: break
      }
      framing.release()
    }
    return calls
  }

  private static func copy(_ call: IncomingCall) -> TakenCall {
    var taken = TakenCall(name: String(call.service) + "/" + String(call.method))
    taken.payload = [UInt8](call.payload)
    taken.timeoutNanoseconds = call.timeoutNanoseconds
    switch call.authorization {
    case .absent: break
    case .bearer(let token): taken.bearer = String(token)
    case .malformed: taken.isRefused = true
    }
    return taken
  }
}
