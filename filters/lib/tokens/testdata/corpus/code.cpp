#include <algorithm>
#include <ranges>
template <typename T, std::size_t N = 4> requires std::totally_ordered<T>
struct tide { T rows[N]{}; constexpr auto operator<=>(const tide&) const = default; [[nodiscard]] T& operator[](auto i) noexcept { return rows[i]; } };
int main() { auto v = std::views::iota(1, 1'000'000) | std::views::filter([](int i) { return !(i & 1); }); return *std::ranges::max_element(v) == 999'998 ? 0 : -1; }
