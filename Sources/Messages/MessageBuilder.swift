/// A message that is being written into an arena. Copies of a builder write the same message.
public protocol MessageBuilder: EncodableMessage, ~Escapable {
  /// Starts an empty message in `arena`.
  @_lifetime(borrow arena) init(in arena: borrowing Arena)
}
