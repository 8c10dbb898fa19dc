"""The words of the workbench: frozen values that know their parents.

Only the standard library is imported here, and nothing here touches a disk, a clock's meaning
or a network, except :mod:`workbench.core.files`, which writes files safely.
"""
