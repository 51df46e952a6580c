/// A whole connection of gRPC: behind the preface any bytes, cut anywhere, with calls answered in
/// any order and output taken as slowly as the input says.
enum GRPCFuzz {
  static func run(_ bytes: Span<UInt8>) {
    var input = SessionInput(bytes)
    var session = GRPCSession(choice: input.choose())
    session.converse(&input)
    session.finish()
  }
}
