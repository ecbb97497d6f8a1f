using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Penstock.Loop;

/// <summary>
/// Loads what the program refers to before a server listens. The runtime loads an assembly when the first code needs
/// it, for a server with its first request; and where there is no descriptor left to open it with, the type that needed
/// it stays broken for good.
/// </summary>
/// <remarks>
/// All of them, the runtime's own too: to write a name as JSON takes an assembly that only another of the runtime's
/// refers to. It costs a server some 25 ms, 150 descriptors and 20 MiB of clean pages. Asking a server for something
/// before it listens was the alternative, and would have been counted, logged and answered.
/// </remarks>
internal static class ReferencedAssemblies
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<string> Seen = [];

    /// <summary>Everything that the program refers to, directly or not, and that is there.</summary>
    [UnconditionalSuppressMessage(
        "Trimming", "IL2026", Justification = "A reference that trimming removed is to nothing that is needed.")]
    public static void LoadAll()
    {
        // Compiled ahead of time, the program is one file.
        if (!RuntimeFeature.IsDynamicCodeCompiled)
            return;
        lock (Gate)
        {
            var queue = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies().Where(IsNew));
            while (queue.TryDequeue(out Assembly? assembly))
            {
                foreach (AssemblyName name in assembly.GetReferencedAssemblies())
                {
                    if (TryLoad(assembly, name) is { } loaded && IsNew(loaded))
                        queue.Enqueue(loaded);
                }
            }
        }
    }

    /// <summary>
    /// Whether its references were not looked at. Those that may be unloaded are left to whoever loaded them.
    /// </summary>
    private static bool IsNew(Assembly assembly) =>
        !assembly.IsDynamic && !assembly.IsCollectible && assembly.FullName is { } name && Seen.Add(name);

    /// <summary>Null for one that is not there: a program may ship without what it never uses.</summary>
    private static Assembly? TryLoad(Assembly by, AssemblyName name)
    {
        try
        {
            AssemblyLoadContext context = AssemblyLoadContext.GetLoadContext(by) ?? AssemblyLoadContext.Default;
            return context.LoadFromAssemblyName(name);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            return null;
        }
    }
}
