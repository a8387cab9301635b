// Text and List: std::string and std::vector, except in the browser build (FRESHET_COMPACT), where
// what the standard ones bring along (short strings kept in place, exception safety, a set of
// functions for each element type) would be a third of the module. Its stand-ins have the part of
// the interface that the core uses.
#pragma once

#ifndef FRESHET_COMPACT

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace freshet {

using Text = std::string;
template <typename T>
using List = std::vector<T>;

}  // namespace freshet

#else

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace freshet {

// Blocks of memory that know no size: the owner does. A block has room up to the next power of two,
// so that growing by little steps moves it rarely. Nothing here fails: without memory it traps.
void* resize_block(void* block, std::size_t bytes_before, std::size_t bytes);

// A std::string of one size and one form.
class Text {
 public:
  static constexpr std::size_t npos = std::string_view::npos;

  Text() = default;
  // A literal, whose length the compiler knows.
  template <std::size_t bytes>
  Text(const char (&literal)[bytes]) : Text(std::string_view{literal, bytes - 1}) {}
  template <std::same_as<const char*> Pointer>
  Text(Pointer text) : Text(std::string_view{text}) {}
  Text(std::string_view text) { append(text); }
  Text(std::size_t count, char c);
  Text(const std::string& text) : Text(std::string_view{text}) {}
  Text(const Text& other) : Text(std::string_view{other}) {}
  Text(Text&& other) noexcept { swap(other); }
  Text& operator=(std::string_view text);
  Text& operator=(const Text& other) { return *this = std::string_view{other}; }
  Text& operator=(const std::string& other) { return *this = std::string_view{other}; }
  Text& operator=(const char* text) { return *this = std::string_view{text}; }
  Text& operator=(Text&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Text() { clear(); }

  operator std::string_view() const { return {data_, size_}; }
  operator std::string() const { return std::string{data_, size_}; }

  const char* data() const { return data_; }
  char* data() { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  char back() const { return data_[size_ - 1]; }
  char& operator[](std::size_t at) { return data_[at]; }
  char operator[](std::size_t at) const { return data_[at]; }
  const char* begin() const { return data_; }
  const char* end() const { return data_ + size_; }

  std::size_t find(std::string_view text) const { return std::string_view{*this}.find(text); }
  bool starts_with(std::string_view text) const {
    return std::string_view{*this}.starts_with(text);
  }
  bool ends_with(std::string_view text) const { return std::string_view{*this}.ends_with(text); }

  Text& append(std::string_view text);
  Text& operator+=(std::string_view text) { return append(text); }
  Text& operator+=(char c) { return append({&c, 1}); }
  void resize(std::size_t size);
  void reserve(std::size_t) {}
  void clear();
  void swap(Text& other) noexcept;

  friend bool operator==(const Text& one, const Text& other) {
    return std::string_view{one} == std::string_view{other};
  }
  friend bool operator==(const Text& one, std::string_view other) {
    return std::string_view{one} == other;
  }
  friend bool operator==(const Text& one, const std::string& other) {
    return std::string_view{one} == other;
  }
  friend bool operator==(const Text& one, const char* other) {
    return std::string_view{one} == other;
  }
  friend std::string operator+(std::string one, const Text& other) {
    return one += std::string_view{other};
  }

 private:
  char* data_ = nullptr;
  std::uint32_t size_ = 0;
};

// What a list of any type does in the same way.
class ListBase {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 protected:
  // Room for one element more, at the end.
  void* grow(std::size_t element_bytes);
  // Closes the gap that an element leaves behind.
  void shrink(void* element, std::size_t element_bytes);
  // Gives the memory back; the elements are destroyed by now.
  void free(std::size_t element_bytes);
  void swap(ListBase& other) noexcept;

  void* data_ = nullptr;
  std::uint32_t size_ = 0;
};

// A std::vector whose elements are moved as bytes: none may point into itself.
template <typename T>
class List : public ListBase {
 public:
  using value_type = T;

  List() = default;
  List(std::initializer_list<T> from) { insert(nullptr, from.begin(), from.end()); }
  explicit List(std::size_t count) {
    while (size_ < count) emplace_back();
  }
  List(const List& other) : ListBase() { insert(nullptr, other.begin(), other.end()); }
  List(List&& other) noexcept { swap(other); }
  List& operator=(List other) noexcept {
    swap(other);
    return *this;
  }
  ~List() { clear(); }

  T* data() { return static_cast<T*>(data_); }
  const T* data() const { return static_cast<const T*>(data_); }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  T& operator[](std::size_t at) { return data()[at]; }
  const T& operator[](std::size_t at) const { return data()[at]; }
  T& front() { return *data(); }
  const T& front() const { return *data(); }
  T& back() { return data()[size_ - 1]; }
  const T& back() const { return data()[size_ - 1]; }

  template <typename... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    return *new (grow(sizeof(T))) T{std::forward<Arguments>(arguments)...};
  }
  void push_back(const T& one) { new (grow(sizeof(T))) T(one); }
  void push_back(T&& one) { new (grow(sizeof(T))) T(std::move(one)); }
  // REQUIRES: `at` is the end.
  void insert(T*, const T* from, const T* until) {
    for (; from != until; ++from) push_back(*from);
  }
  T* erase(T* at) {
    at->~T();
    shrink(at, sizeof(T));
    return at;
  }
  void clear() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      for (T& one : *this) one.~T();
    }
    free(sizeof(T));
  }

  friend bool operator==(const List& one, const List& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end());
  }
};

}  // namespace freshet

#endif

namespace freshet {

// Takes out every element that `unwanted` is true of.
template <typename T, typename Unwanted>
void drop_if(List<T>& list, Unwanted unwanted) {
  for (std::size_t index = list.size(); index-- > 0;) {
    if (unwanted(list[index])) list.erase(list.begin() + index);
  }
}

// A new element at the end of a list whose elements stay where they are.
template <typename T>
T& add_new(List<std::unique_ptr<T>>& list) {
  return *list.emplace_back(new T());
}

// Takes out this element of the list.
template <typename T>
void drop(List<T>& list, const T& element) {
  list.erase(list.begin() + (&element - list.data()));
}

}  // namespace freshet
