using System.Runtime.InteropServices;

namespace Penstock.Interop.Posix;

/// <summary><c>struct iovec</c>: one piece of a scattered buffer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoVector
{
    internal nint Base;
    internal nuint Length;
}
