internal import Messages
internal import RPC
internal import Server
internal import TTRPC

/// The fuzz targets. The raw value names the executable and the folder of the corpus.
///
/// A target takes any bytes and traps if an invariant of the code under test is broken. It keeps no
/// state between two inputs, so that a single input reproduces a fault.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case ttrpc = "FuzzTTRPC"
  case grpc = "FuzzGRPC"
  case http1 = "FuzzHTTP1"
  case messages = "FuzzMessages"
  case tokens = "FuzzTokens"
  case configuration = "FuzzConfiguration"
  case policy = "FuzzPolicy"

  /// Runs one input.
  package func run(_ bytes: Span<UInt8>) {
    switch self {
    case .ttrpc: TTRPCFuzz.run(bytes)
    case .grpc: GRPCFuzz.run(bytes)
    case .http1: HTTP1Fuzz.run(bytes)
    case .messages: MessagesFuzz.run(bytes)
    case .tokens: TokensFuzz.run(bytes)
    case .configuration: ConfigurationFuzz.run(bytes)
    case .policy: PolicyFuzz.run(bytes)
    }
  }
}

/// Any bytes as a configuration file. An accepted one keeps the bounds of its settings.
enum ConfigurationFuzz {
  static func run(_ bytes: Span<UInt8>) {
    let file = UnnamedFile(bytes)
    do {
      let request = try Configuration.parse(
        arguments: ["--config", file.path, "--workers=2"], environment: [:])
      guard case .serve(let configuration) = request else {
        preconditionFailure("a file asks for help")
      }
      check(configuration)
    } catch {
      precondition(!error.message.isEmpty, "an error says nothing")
    }
  }

  private static func check(_ configuration: Configuration) {
    precondition(configuration.workers == 2, "a file overrides a flag")
    precondition(!configuration.socketPath.isEmpty, "a socket without a path")
    precondition(!configuration.dataFolder.isEmpty, "a ledger without a folder")
    precondition(configuration.socketMode ?? 0 <= 0o777, "a mode that is none")
    let limits = configuration.limits
    precondition((1...1_000_000).contains(limits.connections))
    precondition((1...1_000_000).contains(limits.framing.callsInFlight))
    precondition((1024...64 << 20).contains(limits.framing.messageBytes))
    precondition((256...1 << 20).contains(limits.framing.headerBytes))
    precondition((65_536...1 << 30).contains(limits.outputBytes))
    precondition((8...256).contains(limits.decode.depth))
    precondition((1 << 20...1 << 44).contains(limits.ledgerBytes) && limits.ledgerBytes % 4096 == 0)
    precondition(limits.idleNanoseconds >= 0 && limits.drainNanoseconds >= 0)
  }
}

/// A whole gRPC connection: any bytes after the preface, split anywhere, with calls answered in any
/// order and output taken as slowly as the input says.
enum GRPCFuzz {
  static func run(_ bytes: Span<UInt8>) {
    var input = SessionInput(bytes)
    var server = FuzzedGRPCServer(choice: input.choose())
    server.converse(&input)
    server.finish()
  }
}

/// A whole ttrpc connection: any bytes, split anywhere, with calls answered in any order.
enum TTRPCFuzz {
  static func run(_ bytes: Span<UInt8>) {
    var input = SessionInput(bytes)
    let limits = FramingLimits(choice: input.choose())
    var server = FuzzedTTRPCServer(limits: limits)
    server.converse(&input)
    server.finish()
    compareCuts(bytes, limits)
  }

  /// Checks that the splits of the bytes make no difference to a server that answers at once.
  private static func compareCuts(_ bytes: Span<UInt8>, _ limits: FramingLimits) {
    var cut = FuzzedTTRPCServer(limits: limits)
    var input = SessionInput(bytes)
    cut.echo(&input)
    var whole = FuzzedTTRPCServer(limits: limits)
    var uncut = SessionInput(bytes)
    whole.echoAtOnce(&uncut)
    precondition(cut.written == whole.written, "the cuts show in the output")
    precondition(cut.violation == whole.violation, "the cuts show in the violation")
  }
}

extension IncomingCall {
  /// What a framing whose calls are named by the peer promises of each.
  func require(_ limits: FramingLimits) {
    precondition(payload.count <= limits.messageBytes, "a message is over its limit")
    var tokenCount = 0
    if case .bearer(let token) = authorization {
      tokenCount = token.count
      precondition(tokenCount > 0, "an empty token")
    }
    precondition(
      service.count + method.count + tokenCount <= limits.headerBytes,
      "headers are over their limit")
  }
}
