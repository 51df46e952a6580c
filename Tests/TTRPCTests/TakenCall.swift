internal import Messages
internal import RPC

/// A copy of a call that a framing found.
struct TakenCall: Equatable {
  var stream: UInt32
  var service = "postern.v1.TokenService"
  var method = "ValidateToken"
  var payload: [UInt8] = [1, 2, 3]
  /// The token; nil for no credential.
  var bearer: String?
  var problem: Refusal?
  var timeout: Int64?
  var streamsRequests = false
  var acceptsStream = false
}

extension TakenCall {
  init(stream: UInt32, copying call: IncomingCall) {
    var bearer: String?
    var problem: Refusal?
    switch call.authorization {
    case .absent: break
    case .bearer(let token): bearer = text(token)
    case .malformed(let found): problem = found
    }
    self.init(
      stream: stream, service: text(call.service), method: text(call.method),
      payload: array(call.payload), bearer: bearer, problem: problem,
      timeout: call.timeoutNanoseconds, streamsRequests: call.streamsRequests,
      acceptsStream: call.acceptsStream)
  }
}

func array(_ bytes: Span<UInt8>) -> [UInt8] { Array(copying: bytes) }

func text(_ bytes: Span<UInt8>) -> String { String(decoding: array(bytes), as: UTF8.self) }
