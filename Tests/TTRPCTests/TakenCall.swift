internal import RPC

/// A copy of a call that a framing found.
struct TakenCall: Equatable {
  var stream: UInt32
  var service = "postern.v1.TokenService"
  var method = "ValidateToken"
  var payload: [UInt8] = [1, 2, 3]
  var bearer = ""
  var timeout: Int64?
  var isStreaming = false
}

extension TakenCall {
  init(stream: UInt32, copying call: IncomingCall) {
    self.init(
      stream: stream, service: text(call.service), method: text(call.method),
      payload: array(call.payload), bearer: text(call.bearer),
      timeout: call.timeoutNanoseconds, isStreaming: call.isStreaming)
  }
}

func array(_ bytes: Span<UInt8>) -> [UInt8] { bytes.indices.map { bytes[$0] } }

func text(_ bytes: Span<UInt8>) -> String { String(decoding: array(bytes), as: UTF8.self) }
