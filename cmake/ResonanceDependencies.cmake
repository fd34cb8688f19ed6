# System packages. Why each was chosen: docs/decisions/.

find_package(Threads REQUIRED)
find_package(SQLite3 3.37 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
find_package(PNG REQUIRED)
find_package(TIFF 4.5 REQUIRED)  # TIFFOpenOptions
find_package(Flatbuffers REQUIRED NAMES FlatBuffers Flatbuffers)
find_package(PkgConfig REQUIRED)
pkg_check_modules(BLOSC REQUIRED IMPORTED_TARGET blosc)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(CFITSIO REQUIRED IMPORTED_TARGET cfitsio)
