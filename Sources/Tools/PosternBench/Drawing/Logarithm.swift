internal import Foundation

/// Logarithms and powers of ten.
enum Logarithm {
  static func ten(_ value: Double) -> Double { log10(value) }
  static func power(ofTen exponent: Int) -> Double { pow(10, Double(exponent)) }
}
