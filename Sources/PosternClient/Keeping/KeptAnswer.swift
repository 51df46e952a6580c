public import Messages

/// An answer that a `TokenCache` gives. It was true when the cache gave it: ask the cache again for
/// each use, and don't hold on to the answer in place of that.
public final class KeptAnswer<Message: MessageView & ~Escapable> {
  private let reply: Reply<Message>

  init(_ reply: consuming Reply<Message>) { self.reply = reply }

  /// Lends the answer to `body`.
  public func read<Result>(_ body: (Message) -> Result) -> Result { reply.read(body) }
}
