internal import Messages
internal import RPC
internal import TTRPC

/// Why a call has no answer.
public enum ClientError: Error, Sendable, Equatable {
  /// The daemon answered with a failure, or the client's own timeout ran out (`DEADLINE_EXCEEDED`).
  ///
  /// `code` is a canonical gRPC code and `name` its name, such as `PERMISSION_DENIED`; `message` is
  /// a sentence for people. `reason` and `metadata` are for programs. They come from the answer's
  /// `google.rpc.ErrorInfo`, and both are empty if it had none.
  case status(
    code: UInt32, name: String, message: String, reason: String, metadata: [String: String])
  /// There is no connection, or it ended or broke the protocol; the sentence says which. Whether
  /// the call took effect is unknown, unless it was never sent. The client can't be used again.
  case connection(String)
}

extension ClientError: CustomStringConvertible {
  /// One sentence in lower case; it never holds a secret.
  public var description: String {
    switch self {
    case .status(_, let name, let message, _, _): message.isEmpty ? name : "\(name): \(message)"
    case .connection(let sentence): sentence
    }
  }
}

extension ClientError {
  /// The failure that an answer carries.
  init(_ response: borrowing TTRPCResponse) {
    var reason = ""
    var metadata: [String: String] = [:]
    let arena = Arena(initialBytes: 1 << 10, limits: DecodeLimits(bytes: 1 << 20))
    // Details only add to the code and the message, so unreadable details are left out.
    if let status = try? GoogleRPC.Status(decoding: response.status, in: arena) {
      for index in 0..<status.detailsCount {
        let detail = status.details(at: index)
        guard detail.typeURL.isEqual(to: "type.googleapis.com/google.rpc.ErrorInfo"),
          let information = try? GoogleRPC.ErrorInfo(decoding: detail.value, in: arena)
        else { continue }
        reason = String(copying: information.reason)
        for entry in 0..<information.metadataCount {
          let pair = information.metadata(at: entry)
          metadata[String(copying: pair.key)] = String(copying: pair.value)
        }
      }
    }
    self = .status(
      code: response.code.rawValue, name: response.code.name,
      message: String(copying: response.message), reason: reason, metadata: metadata)
  }

  /// The failure that `status` describes, found by the client itself.
  init(_ status: Status) {
    self = .status(
      code: status.code.rawValue, name: status.code.name, message: status.message,
      reason: status.reason, metadata: [:])
  }
}
