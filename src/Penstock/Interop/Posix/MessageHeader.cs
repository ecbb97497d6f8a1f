using System.Runtime.InteropServices;

namespace Penstock.Interop.Posix;

/// <summary><c>struct msghdr</c> as 64-bit glibc lays it out.</summary>
/// <remarks>
/// musl, macOS and the BSDs declare the vector count and the control length as 32 bits. The machines .NET runs on are
/// little-endian, the high halves stay zero and the tail is unused, so this one layout reads correctly everywhere.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal void* Name;
    internal uint NameLength;
    internal IoVector* Vectors;
    internal nuint VectorCount;
    internal void* Control;
    internal nuint ControlLength;
    internal int Flags;
}
