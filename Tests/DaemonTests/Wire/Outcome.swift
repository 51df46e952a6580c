internal import Messages
internal import TestSupport

/// What a call came to, whichever protocol it went by.
struct Outcome: Equatable, CustomStringConvertible {
  var code: Int32 = 0
  var message = ""
  var reason = ""
  var domain = ""
  var metadata: [String: String] = [:]
  /// The field that the `BadRequest` names.
  var violatedField: String?
  /// The type and the bytes of every detail.
  var details: [String] = []
  var payload: [UInt8] = []

  init(payload: [UInt8]) { self.payload = payload }

  /// The failure in an encoded `google.rpc.Status`.
  init(status bytes: [UInt8]) throws {
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    self.init(try GoogleRPC.Status(decoding: bytes.span, in: arena))
  }

  init(_ status: GoogleRPC.Status) {
    code = status.code
    message = String(status.message)
    for index in 0..<status.detailsCount {
      let bytes = [UInt8](status.details(at: index).value)
      let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
      details.append(String(status.details(at: index).typeURL) + " \(bytes)")
      guard String(status.details(at: index).typeURL).hasSuffix("/google.rpc.ErrorInfo") else {
        if let request = try? GoogleRPC.BadRequest(decoding: bytes.span, in: arena),
          request.fieldViolationsCount == 1, code == 3
        {
          violatedField = String(request.fieldViolations(at: 0).field)
        }
        continue
      }
      guard let info = try? GoogleRPC.ErrorInfo(decoding: bytes.span, in: arena) else { continue }
      reason = String(info.reason)
      domain = String(info.domain)
      for entry in 0..<info.metadataCount {
        let pair = info.metadata(at: entry)
        metadata[String(pair.key)] = String(pair.value)
      }
    }
  }

  /// The field of the `ErrorInfo`, if the `BadRequest` names the same one.
  var field: String? { violatedField == metadata["field"] ? violatedField : nil }

  var description: String {
    "code \(code) `\(message)` \(reason) \(metadata) and \(payload.count) bytes"
  }
}

/// One call as a test makes it.
struct WireCall {
  var service = "postern.v1.TokenService"
  var method = "ValidateToken"
  var payload: [UInt8] = []
  var bearer: String?
  /// Further metadata, or header fields, behind the bearer's.
  var metadata: [(String, String)] = []
  /// Nanoseconds; nil for no deadline.
  var timeout: Int64?
}
