internal import RPC

extension Status {
  /// The failure with the item of a list that it is about: before the field that it names, or for
  /// want of one as the field.
  func within(_ place: String) -> Status {
    var (message, metadata) = (message, metadata)
    if let index = metadata.firstIndex(where: { $0.key == "field" }) {
      let field = metadata[index].value
      message = message.replacing("`\(field)`", with: "`\(place).\(field)`")
      metadata[index].value = "\(place).\(field)"
    } else {
      message = "`\(place)`: \(message)"
      metadata.append(("field", place))
    }
    return Status(
      code, message, reason: reason, metadata: metadata,
      retryDelayMilliseconds: retryDelayMilliseconds)
  }
}
