package import Messages
package import RPC

/// The methods that are served, with the types of their messages.
package struct MethodCatalog: Sendable {
  /// One of them.
  package struct Item: Sendable {
    let descriptor: MethodDescriptor
    let request: MessageType
    let response: MessageType
    /// Whether a call changes nothing, so that GET may make it.
    let hasNoSideEffects: Bool

    package init(
      _ descriptor: MethodDescriptor, request: MessageType, response: MessageType,
      hasNoSideEffects: Bool
    ) {
      self.descriptor = descriptor
      self.request = request
      self.response = response
      self.hasNoSideEffects = hasNoSideEffects
    }
  }

  let items: [Item]
  private let table: MethodTable

  package init(_ items: [Item]) {
    self.items = items
    table = MethodTable(items.map(\.descriptor))
  }

  /// The index of the method at a path such as `/postern.v1.TokenService/ValidateToken`; nil if
  /// there is none.
  func method(at path: Span<UInt8>) -> Int? {
    var slash = 1
    while slash < path.count, path[slash] != UInt8(ascii: "/") { slash += 1 }
    guard slash < path.count,
      case .method(let index) = table.find(
        service: path.extracting(1..<slash), method: path.extracting((slash + 1)...))
    else { return nil }
    return index
  }
}
