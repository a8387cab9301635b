// The module's memory: blocks of powers of two, and for each size a list of those that are free. A
// block is never cut or joined; what a client holds at a time is a few kilobytes of a few sizes.
// Emscripten's smallest allocator is six times as large.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

extern "C" char __heap_base;

namespace {

struct Free {
  Free* next;
};

Free* free_blocks[32];
char* top = &__heap_base;  // Behind the last block that was cut from what is left.

constexpr std::size_t page_bytes = 65'536;

// Blocks of up to 8 bytes are of one class.
unsigned class_of(std::size_t bytes) {
  return static_cast<unsigned>(std::bit_width((bytes - 1) | 7));
}

}  // namespace

void* operator new(std::size_t bytes) {
  const unsigned order = class_of(bytes);
  Free*& first = free_blocks[order];
  if (Free* const freed = first) {
    first = freed->next;
    return freed;
  }
  char* const block = top;
  top += std::size_t{1} << order;
  const std::size_t pages = __builtin_wasm_memory_size(0);
  const std::size_t wanted = reinterpret_cast<std::uintptr_t>(top - 1) / page_bytes + 1;
  if (wanted > pages && __builtin_wasm_memory_grow(0, wanted - pages) == SIZE_MAX) __builtin_trap();
  return block;
}

void operator delete(void* block, std::size_t bytes) noexcept {
  if (block == nullptr) return;
  Free*& first = free_blocks[class_of(bytes)];
  first = new (block) Free{first};
}

// The compiler always says the size.
void operator delete(void*) noexcept { __builtin_trap(); }

// The C library's are written for long texts and five times as large.
extern "C" {

std::size_t strlen(const char* text) {
  const char* end = text;
  while (*end != '\0') ++end;
  return static_cast<std::size_t>(end - text);
}

void* memchr(const void* bytes, int wanted, std::size_t count) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  for (; count > 0; --count, ++at) {
    if (*at == static_cast<unsigned char>(wanted)) return const_cast<unsigned char*>(at);
  }
  return nullptr;
}

int memcmp(const void* one, const void* other, std::size_t count) {
  const auto* left = static_cast<const unsigned char*>(one);
  const auto* right = static_cast<const unsigned char*>(other);
  for (; count > 0; --count, ++left, ++right) {
    if (*left != *right) return *left - *right;
  }
  return 0;
}

}  // extern "C"
