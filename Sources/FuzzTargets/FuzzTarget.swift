/// What is fuzzed. The raw value names the executable and the folder of the corpus.
///
/// A target takes any bytes and traps when an invariant of the code under test is broken. It holds
/// no state between two inputs, so that one input alone shows a fault again.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case ttrpc = "FuzzTTRPC"
  case grpc = "FuzzGRPC"
  case messages = "FuzzMessages"
  case tokens = "FuzzTokens"
  case configuration = "FuzzConfiguration"
  case policy = "FuzzPolicy"

  /// Tries one input.
  package func run(_ bytes: Span<UInt8>) {
    switch self {
    case .ttrpc: TTRPCFuzz.run(bytes)
    case .grpc: GRPCFuzz.run(bytes)
    case .messages: MessagesFuzz.run(bytes)
    case .tokens: TokensFuzz.run(bytes)
    case .configuration: ConfigurationFuzz.run(bytes)
    case .policy: PolicyFuzz.run(bytes)
    }
  }
}
