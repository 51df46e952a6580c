internal import Messages
internal import RPC
internal import TTRPC

/// A whole connection of ttrpc: any bytes, cut anywhere, with calls answered in any order.
enum TTRPCFuzz {
  static func run(_ bytes: Span<UInt8>) {
    var input = SessionInput(bytes)
    let limits = FramingLimits(choice: input.choose())
    var session = TTRPCSession(limits: limits)
    session.converse(&input)
    session.finish()
    compareCuts(bytes, limits)
  }

  /// How the bytes were cut must not show in what a server that answers at once does.
  private static func compareCuts(_ bytes: Span<UInt8>, _ limits: FramingLimits) {
    var cut = TTRPCSession(limits: limits)
    var input = SessionInput(bytes)
    cut.echo(&input)
    var whole = TTRPCSession(limits: limits)
    var uncut = SessionInput(bytes)
    whole.echoAtOnce(&uncut)
    precondition(cut.written == whole.written, "the cuts show in the output")
    precondition(cut.violation == whole.violation, "the cuts show in the violation")
  }
}
