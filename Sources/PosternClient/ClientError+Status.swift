internal import Messages
internal import RPC
internal import TTRPC

extension ClientError {
  /// The failure that an answer carries.
  init(_ response: borrowing TTRPCResponse) {
    var reason = ""
    var metadata: [String: String] = [:]
    let arena = Arena(initialBytes: 1 << 10, limits: DecodeLimits(bytes: 1 << 20))
    // Details only add to the code and the message: what can't be read of them is left out.
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

  /// The failure that `status` describes, found on this side of the wire.
  init(_ status: Status) {
    self = .status(
      code: status.code.rawValue, name: status.code.name, message: status.message,
      reason: status.reason, metadata: [:])
  }
}
