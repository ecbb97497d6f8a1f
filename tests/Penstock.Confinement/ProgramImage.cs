using System.Runtime.InteropServices;

namespace Penstock.Confinement;

/// <summary>The program that a process runs.</summary>
internal static partial class ProgramImage
{
    /// <summary>
    /// Goes on as another program, which keeps the process's number, its output and the filters of the calling thread.
    /// Returns only when that fails, with the error's number.
    /// </summary>
    /// <param name="command">The program, looked up in <c>PATH</c>, and its arguments.</param>
    public static int Replace(string[] command)
    {
        // The C library wants a null behind the last.
        _ = execvp(command[0], [.. command, null]);
        return Marshal.GetLastSystemError();
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execvp(string program, string?[] arguments);
}
