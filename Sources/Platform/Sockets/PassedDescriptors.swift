/// Descriptors that came over a socket. Those that nobody takes are closed.
package struct PassedDescriptors: ~Copyable {
  private var numbers: ArraySlice<Int32>
  /// The kernel has dropped some: there were too many, or this process has too many open.
  package let isTruncated: Bool

  init(owning numbers: [Int32], isTruncated: Bool) {
    self.numbers = numbers[...]
    self.isTruncated = isTruncated
  }

  deinit {
    for number in numbers { SystemCall.close(number) }
  }

  /// How many have not been taken.
  package var count: Int { numbers.count }

  /// Gives the next one, in the order of sending; nil when there is none. The caller closes it.
  package mutating func takeFirst() -> Int32? { numbers.popFirst() }
}
