using System.Runtime.InteropServices;

namespace Penstock.Interop.Posix;

/// <summary><c>struct pollfd</c>: a descriptor, what is asked about it, and what <c>poll</c> answered.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    internal int Descriptor;
    internal short Requested;
    internal short Returned;
}
