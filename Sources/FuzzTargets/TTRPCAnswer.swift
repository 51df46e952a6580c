/// What a server of ttrpc said on one call, for its transcript.
struct TTRPCAnswer {
  enum Ending: Equatable {
    /// Nothing yet.
    case open
    /// An answer of one message.
    case response([UInt8])
    /// A failure.
    case failure
    /// The end of a stream.
    case end
  }

  /// The messages of a stream.
  var messages: [[UInt8]] = []
  var ending: Ending
}
