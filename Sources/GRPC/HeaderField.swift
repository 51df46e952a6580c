internal import Messages

/// The header fields that a gRPC server reads.
enum HeaderField {
  case method, scheme, path, authority
  /// A pseudo-header that a request must not have.
  case unknownPseudo
  /// A field that concerns the connection, which HTTP/2 forbids.
  case connection
  case te, contentLength, contentType, timeout, encoding, authorization
  /// Any other field, which is ignored.
  case other
  /// A name that HTTP/2 forbids, with an uppercase letter or a character that no name may have.
  case malformed

  var isPseudo: Bool {
    switch self {
    case .method, .scheme, .path, .authority, .unknownPseudo: true
    default: false
    }
  }

  /// Recognizes a name by its length first, so that most names need one comparison.
  init(name: Span<UInt8>) {
    switch name.count {
    case 2 where name.isEqual(to: "te"): self = .te
    case 5 where name.isEqual(to: ":path"): self = .path
    case 7 where name.isEqual(to: ":method"): self = .method
    case 7 where name.isEqual(to: ":scheme"): self = .scheme
    case 7 where name.isEqual(to: "upgrade"): self = .connection
    case 10 where name.isEqual(to: ":authority"): self = .authority
    case 10 where name.isEqual(to: "connection") || name.isEqual(to: "keep-alive"):
      self = .connection
    case 12 where name.isEqual(to: "content-type"): self = .contentType
    case 12 where name.isEqual(to: "grpc-timeout"): self = .timeout
    case 13 where name.isEqual(to: "authorization"): self = .authorization
    case 13 where name.isEqual(to: "grpc-encoding"): self = .encoding
    case 14 where name.isEqual(to: "content-length"): self = .contentLength
    case 16 where name.isEqual(to: "proxy-connection"): self = .connection
    case 17 where name.isEqual(to: "transfer-encoding"): self = .connection
    default: self = HeaderField(other: name)
    }
  }

  private init(other name: Span<UInt8>) {
    guard let first = name.first else {
      self = .malformed
      return
    }
    if first == UInt8(ascii: ":") {
      self = .unknownPseudo
      return
    }
    self = .other
    for index in name.indices {
      switch name[index] {
      case 0...0x20, UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: ":"), 0x7f...0xff:
        self = .malformed
      default: break
      }
    }
  }
}
