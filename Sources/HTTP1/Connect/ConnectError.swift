internal import Messages
internal import RPC

/// The body of a failed call in the protocol Connect.
enum ConnectError {
  /// Appends the object with the code, the message and the details of a status.
  static func append(_ status: Status, to output: inout ByteBuffer) {
    output.append("{\"code\":\"")
    output.append(constant: name(status.code))
    output.append("\",\"message\":")
    output.append(JSONText.quoted(status.message))
    var encoded = ByteBuffer()
    status.encode(into: &encoded)
    let arena = Arena(initialBytes: 2 << 10)
    // What has just been encoded can be decoded.
    if let view = try? GoogleRPC.Status(decoding: encoded.bytes, in: arena), view.detailsCount > 0 {
      output.append(",\"details\":[")
      for index in 0..<view.detailsCount {
        let detail = view.details(at: index)
        output.append(index == 0 ? "{\"type\":\"" : ",{\"type\":\"")
        output.append(detail.typeURL.extracting(droppingFirst: typePrefix.utf8.count))
        output.append("\",\"value\":\"")
        Base64.encode(detail.value, as: .unpadded, into: &output)
        output.append("\"}")
      }
      output.append("]")
    }
    output.append("}")
  }

  /// What the type of a detail begins with, where Connect has the name only.
  private static let typePrefix = "type.googleapis.com/"

  private static func name(_ code: StatusCode) -> StaticString {
    switch code {
    case .ok: "ok"
    case .cancelled: "canceled"
    case .unknown: "unknown"
    case .invalidArgument: "invalid_argument"
    case .deadlineExceeded: "deadline_exceeded"
    case .notFound: "not_found"
    case .alreadyExists: "already_exists"
    case .permissionDenied: "permission_denied"
    case .resourceExhausted: "resource_exhausted"
    case .failedPrecondition: "failed_precondition"
    case .aborted: "aborted"
    case .outOfRange: "out_of_range"
    case .unimplemented: "unimplemented"
    case .internalError: "internal"
    case .unavailable: "unavailable"
    case .dataLoss: "data_loss"
    case .unauthenticated: "unauthenticated"
    }
  }
}
