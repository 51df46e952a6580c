internal import Foundation

/// Draws numbers below a count of which few are drawn often: the one at rank `r` with a probability
/// in proportion to `1 / r^exponent`. As in Gray et al., Quickly Generating Billion-Record
/// Synthetic Databases (1994), which YCSB uses.
struct Zipf {
  private let count: Double
  private let exponent: Double
  private let zeta: Double
  private let eta: Double
  private let secondRank: Double

  init(count: Int, exponent: Double) {
    precondition(count > 1 && exponent > 0 && exponent < 1, "these have no such distribution")
    self.count = Double(count)
    self.exponent = exponent
    zeta = (1...count).reduce(0) { $0 + pow(Double($1), -exponent) }
    secondRank = 1 + pow(2, -exponent)
    eta = (1 - pow(2 / Double(count), 1 - exponent)) / (1 - secondRank / zeta)
  }

  /// The next rank, from 0.
  func next(using generator: inout SplitMix64) -> Int {
    let uniform = Double(generator.next() >> 11) * 0x1p-53
    let scaled = uniform * zeta
    if scaled < 1 { return 0 }
    if scaled < secondRank { return 1 }
    let rank = count * pow(eta * uniform - eta + 1, 1 / (1 - exponent))
    return min(Int(rank), Int(count) - 1)
  }
}
