internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// What reflection knows, asked by both protocols.
@Suite struct ReflectionTests {
  /// Fully qualified names, and the files that declare them; nil where there is no such name.
  private static let symbols: [(symbol: String, file: String?)] = [
    ("postern.v1.TokenService", "postern/v1/token_service.proto"),
    ("postern.v1.TokenService.IssueToken", "postern/v1/token_service.proto"),
    ("postern.v1.Token", "postern/v1/token.proto"),
    ("postern.v1.Token.id", "postern/v1/token.proto"),
    // The values of an enum are its siblings.
    ("postern.v1.TokenKind", "postern/v1/token.proto"),
    ("postern.v1.TOKEN_KIND_USER", "postern/v1/token.proto"),
    ("postern.v1.TokenKind.TOKEN_KIND_USER", nil),
    ("grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto"),
    ("grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING", nil),
    // A oneof has a name like a field.
    (
      "grpc.reflection.v1.ServerReflectionRequest.message_request",
      "grpc/reflection/v1/reflection.proto"
    ),
    // What errors carry, and what options are.
    ("google.rpc.Status", "google/rpc/status.proto"),
    ("google.rpc.ErrorInfo", "google/rpc/error_details.proto"),
    ("google.rpc.BadRequest.FieldViolation", "google/rpc/error_details.proto"),
    ("google.rpc.RetryInfo", "google/rpc/error_details.proto"),
    ("google.protobuf.MethodOptions.idempotency_level", "google/protobuf/descriptor.proto"),
    ("google.protobuf.MethodOptions.NO_SIDE_EFFECTS", "google/protobuf/descriptor.proto"),
    ("postern.v1", nil),
    ("postern.storage.v1.Entry", nil),
  ]

  @Test(arguments: PeerKind.allCases) func findsWhatDeclaresAName(kind: PeerKind) throws {
    let daemon = try Daemon()
    let peer = try kind.connect(daemon)
    try peer.openSending(StreamTests.reflection, stream: 1)
    for (symbol, file) in Self.symbols {
      try peer.sendMessage(Encoding.field(4, symbol), on: 1)
      let answer = try #require(try peer.next(1).message)
      #expect(try Self.firstFile(answer) == file, "\(symbol)")
    }
  }

  /// A generic client looks for the options that others may have added to a method.
  @Test(arguments: PeerKind.allCases) func optionsHaveNoExtensions(kind: PeerKind) throws {
    let daemon = try Daemon()
    let peer = try kind.connect(daemon)
    try peer.openSending(StreamTests.reflection, stream: 1)
    let options = "google.protobuf.MethodOptions"
    try peer.sendMessage(Encoding.field(6, options), on: 1)
    let answer = try #require(try peer.next(1).message)
    #expect(try Self.bytes(5, of: answer) == Encoding.field(1, options))
  }

  /// The name of the first file of an answer; nil if it is an error.
  private static func firstFile(_ answer: [UInt8]) throws -> String? {
    guard let files = try bytes(4, of: answer), let file = try bytes(1, of: files) else {
      #expect(try bytes(7, of: answer) != nil)
      return nil
    }
    return String(decoding: try #require(try bytes(1, of: file)), as: UTF8.self)
  }

  /// The first field of a number.
  private static func bytes(_ number: UInt32, of message: [UInt8]) throws -> [UInt8]? {
    var reader = WireReader(message.span)
    while let field = try reader.next() {
      if field.number == number { return Array(copying: field.bytes) }
    }
    return nil
  }
}
