/// A queue: first in, first out. Taking an element lets go of it at once.
struct FIFO<Element> {
  /// The elements; those before `head` have been taken.
  private var elements: [Element?] = []
  private var head = 0

  var count: Int { elements.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Element? { isEmpty ? nil : elements[head] }

  mutating func append(_ element: Element) { elements.append(element) }

  /// Puts elements before all others.
  mutating func prepend(_ returned: [Element]) {
    elements.replaceSubrange(..<head, with: returned)
    head = 0
  }

  @discardableResult
  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = elements[head].take()
    head += 1
    if isEmpty {
      removeAll()
    } else if head >= 64, head * 2 >= elements.count {
      // The empty places go once they are the greater part, so that each element moves once.
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  mutating func removeAll() {
    elements.removeAll(keepingCapacity: true)
    head = 0
  }
}
