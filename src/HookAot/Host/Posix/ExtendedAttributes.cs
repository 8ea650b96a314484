using System.Text;
using HookAot.Model;
using Microsoft.Win32.SafeHandles;

namespace HookAot.Host;

/// <summary>Access lists, security labels and notes that a file carries beside its content (xattr(7)).</summary>
internal static unsafe class ExtendedAttributes
{
    // The kernel's limits for a list of names and for a value (linux/limits.h).
    private const int MaxBytes = 65536;

    private const string AccessList = "system.posix_acl_access";

    // Sums over the old content, which the kernel itself makes anew.
    private static readonly string[] OfContent = ["security.ima", "security.evm"];

    /// <summary>Gives a new file what the one has that it will replace.</summary>
    /// <param name="from">The old file.</param>
    /// <param name="to">The new one.</param>
    /// <param name="file">Its name, for the messages.</param>
    /// <param name="say">Takes a warning for what the file system refuses: no reason to lose the change.</param>
    public static void Copy(SafeFileHandle from, SafeFileHandle to, string file, Action<string> say)
    {
        var names = Names(from);
        // The directory may have given the new file an access list (a default one, acl(5)) that the old one has not.
        if (!names.Contains(AccessList)) _ = Libc.fremovexattr(to, AccessList);

        foreach (var name in names.Except(OfContent))
        {
            if (Value(from, name) is not { } value) continue;
            if (Value(to, name) is { } already && already.AsSpan().SequenceEqual(value)) continue;

            int result;
            fixed (byte* p = value) result = Libc.fsetxattr(to, name, p, value.Length, 0);
            if (result < 0)
                say($"warning: the attribute {Printable.Escape(name)} of {file} is not kept: {Libc.LastError()}");
        }
    }

    private static string[] Names(SafeFileHandle file)
    {
        var buffer = new byte[MaxBytes];
        nint length;
        fixed (byte* p = buffer) length = Libc.flistxattr(file, p, buffer.Length);
        // A file system without attributes says so by an error.
        if (length <= 0) return [];
        return Encoding.UTF8.GetString(buffer, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private static byte[]? Value(SafeFileHandle file, string name)
    {
        var buffer = new byte[MaxBytes];
        nint length;
        fixed (byte* p = buffer) length = Libc.fgetxattr(file, name, p, buffer.Length);
        return length < 0 ? null : buffer[..(int)length];
    }
}
